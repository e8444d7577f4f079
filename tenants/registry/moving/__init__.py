"""
The place where a tenant moves to another cell while its people work.

``sending`` drives, in the cell it leaves; ``receiving`` answers, in the one it comes to, at the other end of a pipe. Neither
has the other's database or keys: rows travel as text, sealed values in clear inside the pipe, and are sealed again.
"""
