--- recover(id, maxCrashes): a run whose worker was lost → recovered, quarantined, or gone.
--- @include look, noted, change, reason, settle
local function recover(id, maxCrashes)
  local task = look(id)
  if task.state ~= 'running' then return 'gone' end
  local crashes = call('HINCRBY', key(id), 'crashes', 1)
  interrupt = true
  if task.cancel or crashes >= maxCrashes then keep_lost(id, task) end --- @has keep-lost
  if task.cancel then
    settle(id, task.queue, 'running', 'cancelled', reason('CORTADO_TASK_CANCELLED', 'It was cancelled while it ran.'), nil, task)
    announce(id, 'cancelled', 'terminated') --- @has announce
    return 'recovered'
  end
  if crashes >= maxCrashes then
    local text = crashes .. ' workers were lost while they ran it; the last one was ' .. (task.worker or 'unknown')
      .. '. Retry it once the cause is known.'
    settle(id, task.queue, 'running', 'failed', reason('CORTADO_TASK_CRASHED', text), nil, task)
    announce(id, 'failed', text) --- @has announce
    return 'quarantined'
  end
  if task.tag then call('HDEL', key(id), 'tag') end
  change(id, task.queue, 'running', 'queued')
  wakes[task.queue] = true --- @has wakes
  restore(id, task.queue, task.tag) --- @has restore
  return 'recovered'
end
