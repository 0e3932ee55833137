--- Stores the task of a schedule's slot, unless this or a later one was stored.
--- Keys: slots, and those of `enqueue`
--- Arguments: schedule, slot, task (see `read_task`)
--- Answer: whether it was (1 or 0)
--- @include read-task, add, answer
local schedule, slot = arg(), number()
local last = tonumber(call('HGET', P .. 'slots', schedule))
if last and last >= slot then return answer(0) end
call('HSET', P .. 'slots', schedule, string.format('%.0f', slot))
add(read_task())
return answer(1)
