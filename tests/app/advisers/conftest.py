"""What tests of advisers share."""

from tests.app.advisers.office import book, office

__all__ = ["book", "office"]
