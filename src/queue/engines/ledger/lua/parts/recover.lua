--- recover(id, max_crashes, crashed): a run whose worker was lost; `crashed` is what the broker's result store gets where that was once too often → recovered, quarantined, or gone.
--- @include look, noted, change, failure, settle
local function recover(id, max_crashes, crashed)
  local task = look(id)
  if task.state ~= 'running' then return 'gone' end
  local crashes = call('HINCRBY', key(id), 'crashes', 1)
  interrupt = true
  if task.cancel or crashes >= max_crashes then keep_lost(id, task) end --- @has keep-lost
  if task.cancel then
    settle(id, task.queue, 'running', 'cancelled', failure('ran'), nil, task)
    announce(id, 'cancelled', 'terminated') --- @has announce
    return 'recovered'
  end
  if crashes >= max_crashes then
    settle(id, task.queue, 'running', 'failed', failure('crashed', { crashes = crashes, worker = task.worker }), nil, task)
    announce(id, 'failed', crashed) --- @has announce
    return 'quarantined'
  end
  if task.tag then call('HDEL', key(id), 'tag') end
  change(id, task.queue, 'running', 'queued')
  wakes[task.queue] = true --- @has wakes
  restore(id, task.queue, task.tag) --- @has restore
  return 'recovered'
end
