--- Queues a task once more that is over and did not succeed.
--- Keys: t:, uq:, done:, unanswered, revoked, expiring, due, dep:, counts, outgoing
--- Arguments: id, message or '', whether it is made of the one that was kept (1 or 0)
--- Answer: 1; 0 when it is not over or succeeded; 2 when another message was kept meanwhile; '' for an unknown id; or the id of the task that has
--- its unique key
--- @include over, list-of, change, wait, answer
local id, message, kept = arg(), arg(), arg() == '1'
local t = key(id)
local task = call('HMGET', t, 'state', 'queue', 'runAt', 'unique', 'after', 'expected', 'sent')
if not task[1] then return answer('') end
if not over[task[1]] or task[1] == 'succeeded' then return answer(0) end
local holder = task[4] and call('GET', P .. 'uq:' .. task[4])
if holder and holder ~= id then return answer(holder) end
-- Its message has come since the caller looked.
if kept ~= (task[7] and true or false) then return answer(2) end
call('ZREM', P .. 'done:' .. task[1], id)
call('ZREM', P .. 'revoked', id)
call('HDEL', t, 'error', 'finishedAt', 'progress', 'cancel', 'expiresAt', 'waits', 'tag', 'provisional', 'sent')
call('HSET', t, 'attempt', 0, 'crashes', 0, 'retried', 1)
-- Else the end of the former runs would be read there as this one's.
forget(id) --- @has forget
if task[6] and message == '' then
  -- Its message has yet to come from whoever runs the task before it.
  change(id, task[2], task[1], 'scheduled')
  return answer(1)
end
wait(id, task[2], task[1], tonumber(task[3] or 0), nil, task[4] or nil, list_of(task[5]), message)
return answer(1)
