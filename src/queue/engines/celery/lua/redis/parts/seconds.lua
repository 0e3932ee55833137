--- seconds(): the time as kombu notes it.
local function seconds()
  local time = call('TIME')
  return time[1] .. '.' .. string.format('%06d', time[2])
end
