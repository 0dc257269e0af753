"""Certificate engineering: what is signed, how it is checked, what is published about it.

Nothing here knows a person, a state, a clock or a disk: instants and keys come as arguments.

    keys       key pairs and their encryption at rest
    profiles   what each kind of certificate says, as data (RFC 5280, EN 319 412-2)
    subject    the holder's name as the NCA writes it
    csr        a certification request: possession and strength of the key (PKCS#10)
    build      rehearse, sign, and compare the two
    hierarchy  root, issuing CA, OCSP responder
    lint       somebody else's opinion of what we are about to sign (pkilint)
    crl        revocation lists from stored entries (RFC 5280, 5)
    ocsp       status answers (RFC 6960, RFC 5019, RFC 9654)
"""
