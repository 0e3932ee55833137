--- unanswered(id, message): a task ended without a run of its own: its message says what follows from that, and waits for a worker that sees to it.
--- @include shared
local function unanswered(id, message)
  if not message or message == '' then return end
  call('HSET', key(id), 'sent', message)
  call('ZADD', P .. 'unanswered', shared(), id)
end
