"""The project's signing key: tokens as Supabase Auth signs them (ES256), and the key that verifies them."""

import time
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm


class Signer:
    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id = str(uuid4())

    def jwks(self) -> dict[str, Any]:
        public = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": self._id, "alg": "ES256", "use": "sig", "key_ops": ["verify"]}]}

    def signed(self, claims: dict[str, Any], *, expires_in: float) -> str:
        """A token of these claims. A negative ``expires_in`` makes one that is over already."""
        now = time.time()
        times = {"iat": int(min(now, now + expires_in)), "exp": int(now + expires_in)}
        return jwt.encode(times | claims, self._key, algorithm="ES256", headers={"kid": self._id})

    def verified(self, token: str) -> dict[str, Any]:
        """The claims of a token that is good. Raises jwt.InvalidTokenError."""
        claims: dict[str, Any] = jwt.decode(
            token, self._key.public_key(), algorithms=["ES256"], audience="authenticated"
        )
        return claims
