"""What delivery's benchmarks share: a film to send, those who send it, and a sink that receives for many viewers at little cost.

`film` is encoded once for a whole run. `origin`, `origin_aiortc` and `origin_janus` send it, each in a process of its own, whose processor
time is what counts; `sink`, in another, shakes hands as a browser does and then only counts packets.
"""
