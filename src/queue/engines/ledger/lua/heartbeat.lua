--- Says that a worker lives, and which of its claims are not its own any more.
--- Keys: workers, leases, w:, t:, counts, done:, outgoing
--- Arguments: worker, lease, n, n × (id, token)
--- Answer: for each claim 0 (fine), 1 (lost) or 2 (cancelled)
--- @include lease, current, into, noted, recover, answer
local worker, length = arg(), number()
lease(worker, length)
local results, known = {}, {}
for i = 1, number() do
  local id = arg()
  local run = current(id, arg())
  known[id] = true
  results[i] = 1
  if run then
    results[i] = run.cancel and 2 or 0
    if run.tag then renew(run.tag) end --- @has renew
    if run.unlisted then call('HDEL', key(id), 'unlisted') end
  end
end
-- A claim whose answer was lost with the connection is the worker's, but the worker does not know it.
for _, id in ipairs(call('SMEMBERS', P .. 'w:' .. worker)) do
  if not known[id] then
    local since = tonumber(call('HGET', key(id), 'unlisted'))
    if not since then
      call('HSET', key(id), 'unlisted', shared())
    elseif shared() - since > length then
      into(left, worker, id)
      recover(id, 1000000, '')
    end
  end
end
return answer(results)
