"""Pages of figures and visit lines."""
