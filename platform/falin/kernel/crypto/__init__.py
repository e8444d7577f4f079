"""
The place of encryption: envelope encryption behind one port.

A root key (a file, the environment or a key service, never the database) wraps one data key a tenant and version. A
field's ciphertext is bound to its table, column, row and tenant, so that bytes moved elsewhere do not decrypt. Lookup of
encrypted numbers goes through a keyed hash (blind index) under a key of its own (decision 11).
"""

from falin.kernel.crypto.ciphers import AES, SM4, Unreadable
from falin.kernel.crypto.columns import Place, Sealed, SealedInside, declare, declared
from falin.kernel.crypto.keys import Keys, check_root, forget_keys, keys_of
from falin.kernel.crypto.roots import CryptoProvider, LocalRoots, NoRoot, WrongRoot, provider
from falin.kernel.crypto.values import blind_index, decrypt, encrypt

__all__ = ["AES", "SM4", "CryptoProvider", "Keys", "LocalRoots", "NoRoot", "Place", "Sealed", "SealedInside", "Unreadable",
           "WrongRoot", "blind_index", "check_root", "declare", "declared", "decrypt", "encrypt", "forget_keys", "keys_of",
           "provider"]  # fmt: skip
