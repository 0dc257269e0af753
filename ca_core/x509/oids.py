"""Every object identifier that we put into a certificate, with its source."""

from cryptography.x509 import ObjectIdentifier

# NCA arc, as published in its certificates: natural persons, signing and authentication.
POLICY_PERSON_SIGNING = ObjectIdentifier("1.2.398.3.3.2.3")
POLICY_PERSON_AUTHENTICATION = ObjectIdentifier("1.2.398.3.3.2.4")

# RFC 5280, 4.2.1.4: an issuing CA that limits its subscribers' policies no further.
ANY_POLICY = ObjectIdentifier("2.5.29.32.0")

# NCA arc, extended key usage: the role of the subject.
ROLE_PERSON = ObjectIdentifier("1.2.398.3.3.4.1.1")

# NCA arc, extended key usage: how the person was identified.
IDENTIFIED_AT_COUNTER = ObjectIdentifier("1.2.398.3.3.4.3.1")
IDENTIFIED_REMOTELY = ObjectIdentifier("1.2.398.3.3.4.3.2")
IDENTIFIED_BY_FACE = ObjectIdentifier("1.2.398.3.3.4.3.2.1")

# Ours: the NCA has no number for R7. Under 2.25 (ITU-T X.667) nobody registers; the number is drawn
# at random. It has 28 bits, not a UUID's 128: common decoders (Go's, pyasn1-fasder's) refuse a
# certificate with an arc that does not fit theirs.
MOBILE_ONLY = ObjectIdentifier("2.25.263411561")

# RFC 6960, 4.4.1, 4.4.4 and 4.4.8.
OCSP_BASIC = ObjectIdentifier("1.3.6.1.5.5.7.48.1.1")
OCSP_NONCE = ObjectIdentifier("1.3.6.1.5.5.7.48.1.2")
OCSP_ARCHIVE_CUTOFF = ObjectIdentifier("1.3.6.1.5.5.7.48.1.6")
OCSP_EXTENDED_REVOKE = ObjectIdentifier("1.3.6.1.5.5.7.48.1.9")

# RFC 5280, 5.3.1 and 5.2.
CRL_REASON = ObjectIdentifier("2.5.29.21")

# RFC 5758, 3.2 and RFC 4055, 5.
ECDSA_SHA256 = ObjectIdentifier("1.2.840.10045.4.3.2")
ECDSA_SHA384 = ObjectIdentifier("1.2.840.10045.4.3.3")
RSA_SHA256 = ObjectIdentifier("1.2.840.113549.1.1.11")
