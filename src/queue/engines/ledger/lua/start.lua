--- Starts tasks that a broker delivered, for as long as the limits of their queues allow it.
--- Keys: workers, leases, starts:, w:, t:, all, seq, due, expiring, counts, done:
--- Arguments: worker, lease, m, m × (queue, concurrency or 0, rate or 0, per, n, n × (id, name, and its message where the transport keeps it))
--- Answer: for each the body of one that starts for the first time, or (verdict of `begin` or 'later', columns)
--- @include lease, running, read-delivery, start-one, answer
local worker, length = arg(), number()
lease(worker, length)
local results = {}
for _ = 1, number() do
  local queue, concurrency, rate, per = arg(), number(), number(), number()
  local starts = P .. 'starts:' .. queue
  if rate > 0 then call('ZREMRANGEBYSCORE', starts, '-inf', shared() - per) end
  for _ = 1, number() do
    local id, name, message = read_delivery()
    if (concurrency > 0 and running(queue) >= concurrency) or (rate > 0 and call('ZCARD', starts) >= rate) then
      results[#results + 1] = { 'later' }
    else
      local result, token = start_one(id, queue, worker, name, message)
      if rate > 0 and token then
        call('ZADD', starts, shared(), id .. token)
        call('PEXPIRE', starts, per)
      end
      results[#results + 1] = result
    end
  end
end
return answer(results)
