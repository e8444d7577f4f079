"""
The place of the second home of sign-on: a relying party of OpenID Connect, with Keycloak at the other end.

``provider`` knows the issuer's addresses and keys, ``tokens`` decides what is believed (pure), ``flow`` goes to the issuer
and comes back, ``commands`` and ``queries`` hold what stays here: who is who, and which session came from which of
theirs. ``provisioning`` keeps the accounts over there as the register says; it runs in workers only (decision 16).
"""
