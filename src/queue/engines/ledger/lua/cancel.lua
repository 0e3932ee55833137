--- Ends a task that waits, and asks a running one to stop.
--- Keys: t:, counts, done:, uq:, expiring, due, dep:
--- Arguments: id, reason
--- Answer: 'cancelled', 'requested', 'over', or '' for an unknown id
--- @include over, noted, tell, reason, take-back, settle, answer
local id, text = arg(), arg()
local task = call('HMGET', key(id), 'state', 'queue', 'provisional')
if not task[1] then return answer('') end
if task[3] then take_back(id, task[1]) elseif over[task[1]] then return answer('over') end
if task[1] ~= 'running' then
  settle(id, task[2], task[1], 'cancelled', reason('CORTADO_TASK_CANCELLED', text))
  announce(id, 'cancelled', text) --- @has announce
  return answer('cancelled')
end
call('HSET', key(id), 'cancel', text)
changed[#changed + 1], interrupt = id, true
return answer('requested')
