"""A plain Django project whose people hold rows of roles: the peer of the bench `signin`."""
