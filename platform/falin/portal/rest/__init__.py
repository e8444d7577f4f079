"""The API beside the pages that cross services."""
