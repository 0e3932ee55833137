--- settle(id, queue, from, state, err, result, task): the end of a task, however it came, and what comes of those that wait for it.
--- @include look, over, into, noted, change, name-of, failure, due
local settle

local function release(id, before, name, state)
  local task = call('HMGET', key(id), 'state', 'queue', 'runAt', 'message')
  if not task[1] or over[task[1]] then return end
  if state ~= 'succeeded' then
    settle(id, task[2], task[1], 'cancelled', failure('other', { id = before, name = name, state = state }))
    announce(id, 'cancelled', 'revoked') --- @has announce
    return
  end
  if call('HINCRBY', key(id), 'waits', -1) == 0 then
    call('HDEL', key(id), 'message')
    due(id, task[2], task[1], 'scheduled', tonumber(task[3] or 0), task[4])
  end
end

settle = function(id, queue, from, state, err, result, task)
  task = task or look(id)
  local fields = { 'finishedAt', ARGV[2] }
  if err then fields[#fields + 1], fields[#fields + 2] = 'error', err end
  if result then fields[#fields + 1], fields[#fields + 2] = 'result', result end
  change(id, queue, from, state, unpack(fields))
  if from ~= 'running' and (state == 'cancelled' or state == 'expired') then unanswered(id, task.message) end --- @has unanswered
  if task.message or task.cancel or task.tag or task.error then
    call('HDEL', key(id), 'message', 'cancel', 'tag', err and 'none' or 'error')
  end
  if task.unique and call('GET', P .. 'uq:' .. task.unique) == id then call('DEL', P .. 'uq:' .. task.unique) end
  if task.worker then into(left, task.worker, id) end
  if task.expiresAt then call('ZREM', P .. 'expiring', id) end
  if from == 'scheduled' or from == 'retrying' then call('ZREM', P .. 'due', id) end
  into(ended, state, id)
  if task.dependents then
    local dependents = call('SMEMBERS', P .. 'dep:' .. id)
    call('DEL', P .. 'dep:' .. id)
    local name = name_of(id)
    for _, dependent in ipairs(dependents) do release(dependent, id, name, state) end
  end
end
