--- What another kind of worker did to a task, as its results say. Hearsay is a cancellation that any worker notes which is told of one, also of a
--- task that it never had: a run of ours goes on, and any later news has the last word.
--- Keys: t:, counts, done:, uq:, expiring, due, dep:
--- Arguments: id, state, value, whether it is hearsay (1 or 0)
--- Answer: whether it was news (1 or 0)
--- @include over, change, take-back, settle, answer
local id, state, value, hearsay = arg(), arg(), arg(), arg() == '1'
local task = call('HMGET', key(id), 'state', 'queue', 'worker', 'provisional', 'retried', 'expected', 'message')
local from, queue = task[1], task[2]
if not from or (over[from] and not task[4]) then return answer(0) end
if from == state then
  if task[4] and state == 'cancelled' and not hearsay then call('HDEL', key(id), 'provisional') end
  return answer(0)
end
if state == 'cancelled' and from == 'running' and task[3] then return answer(0) end
-- It is said of a run before the retry, or of a task that waits here for its time.
if hearsay and (task[5] or task[7]) then return answer(0) end
if task[4] then take_back(id, from) end
if state == 'succeeded' then
  settle(id, queue, from, state, nil, value)
elseif over[state] then
  settle(id, queue, from, state, value)
  -- Or it ended with the task before it, which may be retried.
  if hearsay or task[6] then call('HSET', key(id), 'provisional', '1') end
else
  if value ~= '' then call('HSET', key(id), 'error', value) end
  call('ZREM', P .. 'expiring', id)
  change(id, queue, from, state)
end
return answer(1)
