--- A process ends, and its members with it.
--- Keys: processes, m:, w:
--- Arguments: the process
--- Answer: nothing
--- @include forget-process
forget_process(arg())
