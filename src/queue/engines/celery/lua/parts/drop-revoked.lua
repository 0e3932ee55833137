--- drop_revoked(id, queue, tag, raw): ends a task that was revoked before its message came → whether it was.
--- @include failure, settle, announce, unanswered
local function drop_revoked(id, queue, tag, raw)
  if not call('ZSCORE', P .. 'revoked', id) then return false end
  ack(tag) --- @has ack
  settle(id, queue, nil, 'cancelled', failure('revoked'))
  announce(id, 'cancelled', 'revoked')
  unanswered(id, raw)
  return true
end
