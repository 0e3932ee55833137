--- milliseconds(): the time of Redis, the one clock that all processes share.
local function milliseconds()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
