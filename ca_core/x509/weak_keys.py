"""RSA moduli that somebody can factor: small factors, factors too close, the ROCA generator."""

from functools import lru_cache
from math import gcd, isqrt, prod

_SMALL_PRIME_LIMIT = 1 << 16
_FERMAT_ROUNDS = 100
_LARGEST_EXPONENT_BITS = 256
# Nemec et al., "The Return of Coppersmith's Attack" (CVE-2017-15361): primes of the broken library
# are k*M + (65537^a mod M), so modulo each small prime the modulus is a power of 65537.
_ROCA_GENERATOR = 65537
_ROCA_LARGEST_PRIME = 167


def rsa_defect(*, modulus: int, exponent: int) -> str | None:
    """The name of the first defect of this RSA public key, or None."""
    # TS 119 312 and SP 800-56B: odd, from 65537 on; a huge one hides a small private exponent.
    if exponent % 2 == 0 or exponent < 65537 or exponent.bit_length() > _LARGEST_EXPONENT_BITS:
        return "exponent"
    if gcd(modulus, _primorial() % modulus) != 1:
        return "small_factor"
    if _is_roca(modulus):
        return "roca"
    if _fermat_factors(modulus):
        return "close_primes"
    return None


def _fermat_factors(modulus: int) -> bool:
    """Whether a hundred rounds of Fermat's method split it: p and q share their upper half."""
    middle = isqrt(modulus)
    if middle * middle == modulus:
        return True
    for candidate in range(middle + 1, middle + 1 + _FERMAT_ROUNDS):
        rest = candidate * candidate - modulus
        if isqrt(rest) ** 2 == rest:
            return True
    return False


def _is_roca(modulus: int) -> bool:
    return all(modulus % prime in residues for prime, residues in _roca_residues())


@lru_cache(maxsize=1)
def _roca_residues() -> tuple[tuple[int, frozenset[int]], ...]:
    primes = (prime for prime in _primes(_ROCA_LARGEST_PRIME + 1) if prime > 2)
    return tuple(
        (prime, frozenset(pow(_ROCA_GENERATOR, power, prime) for power in range(prime))) for prime in primes
    )


@lru_cache(maxsize=1)
def _primorial() -> int:
    return prod(_primes(_SMALL_PRIME_LIMIT))


def _primes(below: int) -> list[int]:
    sieve = bytearray([1]) * below
    sieve[:2] = b"\x00\x00"
    for number in range(2, isqrt(below) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, below, number)))
    return [number for number in range(below) if sieve[number]]
