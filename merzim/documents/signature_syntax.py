"""ASN.1 syntax of a CMS signature (RFC 5652) for pyasn1; imported only where a signature is read."""

from __future__ import annotations

from pyasn1.type import namedtype, tag, univ

_Optional, _Named = namedtype.OptionalNamedType, namedtype.NamedType


def _context(number: int) -> tag.Tag:
    return tag.Tag(tag.tagClassContext, tag.tagFormatConstructed, number)


class Algorithm(univ.Sequence):
    """An algorithm identifier with parameters of any type."""

    componentType = namedtype.NamedTypes(
        _Named("algorithm", univ.ObjectIdentifier()), _Optional("parameters", univ.Any())
    )


class Attribute(univ.Sequence):
    """One attribute with its encoded values."""

    componentType = namedtype.NamedTypes(
        _Named("type", univ.ObjectIdentifier()), _Named("values", univ.SetOf(componentType=univ.Any()))
    )


class Attributes(univ.SetOf):
    """A set of attributes, signed or not."""

    componentType = Attribute()  # type: ignore[assignment]


class _IssuerAndSerial(univ.Sequence):
    componentType = namedtype.NamedTypes(_Named("issuer", univ.Any()), _Named("serialNumber", univ.Integer()))


class _SignerId(univ.Choice):
    componentType = namedtype.NamedTypes(
        _Named("issuerAndSerialNumber", _IssuerAndSerial()),
        _Named(
            "subjectKeyIdentifier",
            univ.OctetString().subtype(implicitTag=tag.Tag(tag.tagClassContext, tag.tagFormatSimple, 0)),
        ),
    )


class SignerInfo(univ.Sequence):
    """The part of one signer: identity, algorithms, attributes and signature."""

    componentType = namedtype.NamedTypes(
        _Named("version", univ.Integer()),
        _Named("sid", _SignerId()),
        _Named("digestAlgorithm", Algorithm()),
        _Optional("signedAttrs", Attributes().subtype(implicitTag=_context(0))),
        _Named("signatureAlgorithm", Algorithm()),
        _Named("signature", univ.OctetString()),
        _Optional("unsignedAttrs", univ.SetOf(componentType=univ.Any()).subtype(implicitTag=_context(1))),
    )


class _Encapsulated(univ.Sequence):
    componentType = namedtype.NamedTypes(
        _Named("contentType", univ.ObjectIdentifier()),
        _Optional("content", univ.OctetString().subtype(explicitTag=_context(0))),
    )


class SignedData(univ.Sequence):
    """The signed content, its signers and their certificates."""

    componentType = namedtype.NamedTypes(
        _Named("version", univ.Integer()),
        _Named("digestAlgorithms", univ.SetOf(componentType=Algorithm())),
        _Named("encapContentInfo", _Encapsulated()),
        _Optional("certificates", univ.SetOf(componentType=univ.Any()).subtype(implicitTag=_context(0))),
        _Optional("crls", univ.SetOf(componentType=univ.Any()).subtype(implicitTag=_context(1))),
        _Named("signerInfos", univ.SetOf(componentType=SignerInfo())),
    )


class ContentInfo(univ.Sequence):
    """A content together with its type."""

    componentType = namedtype.NamedTypes(
        _Named("contentType", univ.ObjectIdentifier()),
        _Named("content", SignedData().subtype(explicitTag=_context(0))),
    )
