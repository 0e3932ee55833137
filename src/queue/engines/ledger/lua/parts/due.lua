--- due(id, queue, from, waiting, runAt, message, front, fields): a task is due, or waits for its time in the state `waiting`. `fields` are those of
--- a new one.
--- @include change, push, postpone
local function due(id, queue, from, waiting, runAt, message, front, fields)
  if runAt > now then
    call('ZADD', P .. 'due', string.format('%.0f', runAt), id)
    change(id, queue, from, waiting, unpack(fields or {}))
    return postpone(id, message)
  end
  change(id, queue, from, 'queued', unpack(fields or {}))
  wakes[queue] = true --- @has wakes
  if not fields then call('HDEL', key(id), 'message') end
  push(id, queue, message, front)
end
