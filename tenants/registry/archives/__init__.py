"""
The place of archives: everything of one tenant in one file that is readable without Falin, and the way back.

``format`` says what is in one, ``writing`` makes it, ``restoring`` puts it back into this cell or another one.
"""
