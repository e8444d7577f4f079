"""The API of figures and visit lines."""
