"""
Place of the office network: how a phone beside this machine reaches it over HTTPS, which service workers and passkeys need.

Asked for by ``--lan`` alone. An authority of this machine's own signs the server's certificate; a plain page says how a
phone comes to trust it. `authority` makes the papers, `network` knows this machine's addresses and tells its name,
`porter` is the process that does both while the server runs.
"""
