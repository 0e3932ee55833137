--- stop(id, task): a run leaves its worker, and its task is not over.
--- @include into, noted
local function stop(id, task)
  if task.worker then into(left, task.worker, id) end
  if task.tag then call('HDEL', key(id), 'tag') end
end
