"""One Django app for each capability of the programme, each with the same rooms."""
