--- start_one(id, queue, worker, name): starts a task that was delivered → what the answer has of it, and its token where it runs. Most start for the
--- first time, and at once: nothing else need be known of those, and that token and attempt are 1 goes without saying.
--- @include into, noted, change, begin
local function start_one(id, queue, worker, name)
  local task = call('HMGET', key(id), 'state', 'queue', 'body', 'startedAt', 'attempt', 'runAt', 'expiresAt', 'message')
  local is_first = task[1] == 'queued' and task[2] == queue and task[3]
  for i = 4, 8 do is_first = is_first and not task[i] end
  if is_first then
    change(id, queue, 'queued', 'running', 'startedAt', ARGV[2], 'worker', worker)
    into(taken, worker, id)
    return task[3], '1'
  end
  local verdict, columns, token = begin(id, queue, nil, worker, nil, name)
  return { verdict, columns }, token
end
