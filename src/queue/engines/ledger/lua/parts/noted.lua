--- What a script notes, and `answer` writes once for all of its tasks: new ids, ends by state, ids by the worker that leaves or takes them, what is
--- to be sent by the process that called (`outgoing` remembers it, `out` tells it), and whether workers are to look at what they run.
local listed, ended, left, taken, outgoing, out = {}, {}, {}, {}, {}, {}
local interrupt = false
