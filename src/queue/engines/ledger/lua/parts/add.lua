--- add(task, isNew): stores a task unless its id or its unique key is taken → the id of the task that is there now, and whether it was created.
--- @include noted, wait
local function add(task, isNew)
  if not isNew and call('EXISTS', key(task.id)) == 1 then return task.id, 0 end
  if task.unique then
    local holder = call('GET', P .. 'uq:' .. task.unique)
    if holder and call('EXISTS', key(holder)) == 1 then return holder, 0 end
  end
  listed[#listed + 1] = task.id
  wait(task.id, task.queue, nil, task.runAt, task.expiresAt, task.unique, task.after, task.message, task.fields)
  return task.id, 1
end
