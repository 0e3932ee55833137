--- Says that a process lives, and forgets those that have not said so for too long.
--- Keys: processes, m:, w:
--- Arguments: the process, for how many milliseconds it is believed
--- Answer: whether it was known (1 or 0)
--- @include time, forget-process
local process, timeout = arg(), number()
local now = milliseconds()
local silent = call('ZRANGEBYSCORE', P .. 'processes', '-inf', now, 'LIMIT', 0, 20)
for _, one in ipairs(silent) do forget_process(one) end
return 1 - call('ZADD', P .. 'processes', now + timeout, process)
