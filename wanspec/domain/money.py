"""How an amount of money is written: never as another amount."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

_PLACES = 6  # a vendor's own answers may have more, which nobody reads


def dollars(amount: Decimal) -> str:
    """`$0.35`, `$0.0004`, `$12.345`: cents at least, and all other digits that there are.

    What has more than six places is rounded to them, or to its first two digits where six would show nothing.
    """
    sign = "-" if amount < 0 else ""
    size = abs(amount)
    if size:
        places = max(_PLACES, 1 - size.adjusted() if size < 1 else 0)
        exponent = size.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > places:
            size = size.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    whole, _, rest = f"{size:f}".partition(".")
    return f"{sign}${whole}.{rest.rstrip('0').ljust(2, '0')}"
