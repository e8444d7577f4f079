"""The working day of a person: what he is told, by which way, and when. A capability of none of the services below."""
