"""What a machine sees in a still: the machine-readable zone, faces, and whether the picture is good enough.

Evidence goes in, a verdict comes out; people decide. Nothing here knows a call, a database or an applicant.

    picture      bytes -> pixels, within limits
    recognizer   where text is, and which characters (PP-OCRv6 through RapidOCR and ONNX Runtime)
    rows         boxes -> lines of text, in reading order, whichever way the document is turned
    assembly     lines of text -> a zone of a legal size
    mrz_reader   all of it: read twice, compared, checked, or said to be doubtful
    faces        which face counts, and how far two are apart
    face_matcher find and describe them (dlib)
    moves        whether a face did what it was asked to: five points a frame, no pictures
    flatness     whether a turned face is a flat picture of one
    clip         the frames of a verification: glanced at while they come, judged as a whole
    header       how large a picture is before it is decoded
    quality      why a picture is not good enough, as reasons a person can act on
    wire         what client and server say to each other
    clip_wire    what they say about the frames of a verification
    looking      the questions a picture is asked
    worker       one process of the pool: models loaded once
    pool, app    the service on loopback
    client       how the rest of the house asks it
"""
