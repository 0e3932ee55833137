--- How many of a queue may start now.
--- Keys: counts, starts:
--- Arguments: queue, concurrency or 0, rate or 0, per
--- Answer: that many
--- @include shared, running
local queue, concurrency, rate, per = arg(), number(), number(), number()
local room = 1000000
if concurrency > 0 then room = concurrency - running(queue) end
if rate > 0 then
  call('ZREMRANGEBYSCORE', P .. 'starts:' .. queue, '-inf', shared() - per)
  room = math.min(room, rate - call('ZCARD', P .. 'starts:' .. queue))
end
return { math.max(0, room), {} }
