--- lease(worker, length): says that a worker lives.
--- @include shared
local function lease(worker, length)
  call('ZADD', P .. 'workers', shared() + length, worker)
  call('HSET', P .. 'leases', worker, length)
end
