"""Parts of the drill `rotate`."""
