--- Ends a task that waits, and asks a running one to stop.
--- Keys: t:, counts, done:, uq:, expiring, due, dep:
--- Arguments: id, error (JSON), reason
--- Answer: 'cancelled', 'requested', 'over', or '' for an unknown id
--- @include over, noted, tell, take-back, settle, answer
local id, err, reason = arg(), arg(), arg()
local task = call('HMGET', key(id), 'state', 'queue', 'provisional')
if not task[1] then return answer('') end
if task[3] then take_back(id, task[1]) elseif over[task[1]] then return answer('over') end
if task[1] ~= 'running' then
  settle(id, task[2], task[1], 'cancelled', err)
  announce(id, 'cancelled', reason) --- @has announce
  return answer('cancelled')
end
call('HSET', key(id), 'cancel', reason)
changed[#changed + 1], interrupt = id, true
return answer('requested')
