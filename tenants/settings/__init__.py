"""Settings: what a level has said about the programme's figures, inherited downwards, from a day on."""
