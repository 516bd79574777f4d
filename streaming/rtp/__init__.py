"""RTP to many viewers: packetised once, numbered, encrypted and sent for each (RFC 3550, RFC 3711, RFC 6184, RFC 7587).

`ring` holds the packets of a stream, `line` says what of it one viewer is sent and under which numbers, `fanout` moves all lines on. It
sends by one of two ways, which look the same from outside: `portable`, in plain Python on the event loop, or `fast`, on a thread of its
own that does not hold the interpreter.
"""
