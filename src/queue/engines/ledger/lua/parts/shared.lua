--- shared(): the time of Redis. Leases are measured by the one clock that all workers share.
local shared_time
local function shared()
  if not shared_time then
    local time = call('TIME')
    shared_time = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return shared_time
end
