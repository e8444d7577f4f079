"""What every bench stands on: a ground of databases, children that are timed in turns, and lines that say what came out."""
