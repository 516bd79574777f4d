"""Prices: whole numbers of a currency's minor unit, and which currencies there are.

Source: ISO 4217 (list one, currencies that are used in payments; how many digits the minor unit has).
"""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from vrlive.errors import did_you_mean
from vrlive.toml import Section

_WITH_DIGITS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP "
    "DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD "
    "LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
    "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
DIGITS: Final = {code: digits for digits, codes in _WITH_DIGITS.items() for code in codes.split()}
"""Decimal digits of each currency's minor unit."""

MOST: Final = 10**12
"""The largest amount: exact in a double, as JSON's readers have it."""


def _currency(code: str) -> str:
    if code not in DIGITS:
        hint = did_you_mean(code.upper(), sorted(DIGITS), "those are of three capital letters, such as EUR, USD or CNY")
        raise ValueError(f"“{code[:20]}” is no currency of ISO 4217; {hint}")
    return code


def _whole(value: Any) -> Any:
    if isinstance(value, float | str):
        raise ValueError("a price is a whole number of the currency's smallest unit: 45900 is 459.00 EUR, and 45900 JPY")  # noqa: TRY004 - pydantic's validators raise it
    return value


Currency = Annotated[str, AfterValidator(_currency), Field(json_schema_extra={"pattern": "^[A-Z]{3}$", "examples": ["EUR", "USD", "CNY"]})]
Amount = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=0, le=MOST)]


class Money(Section):
    """A price."""

    amount: Annotated[Amount, Field(description="Whole number of the currency's minor unit: 45900 is 459.00 EUR.")]
    currency: Annotated[Currency, Field(description="ISO 4217.")]

    def __str__(self) -> str:
        return f"{self.in_units} {self.currency}"

    @property
    def in_units(self) -> str:
        """As a decimal number of the currency itself: “459.00”, and “45900” of yen."""
        digits = DIGITS[self.currency]
        whole, rest = divmod(self.amount, 10**digits)
        return f"{whole}.{rest:0{digits}}" if digits else str(whole)
