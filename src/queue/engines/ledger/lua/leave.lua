--- A worker stops: what it still runs counts as lost from now on.
--- Keys: w:, workers, leases
--- Arguments: worker
--- Answer: 1
local worker = arg()
if call('SCARD', P .. 'w:' .. worker) > 0 then
  call('ZADD', P .. 'workers', 0, worker)
else
  call('ZREM', P .. 'workers', worker)
  call('HDEL', P .. 'leases', worker)
end
return { 1, {} }
