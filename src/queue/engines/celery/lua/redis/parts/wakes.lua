--- Queues whose workers are to be woken.
local wakes = {}
local function publish_wakes()
  local queues = {}
  for queue in pairs(wakes) do queues[#queues + 1] = queue end
  if #queues > 0 then call('PUBLISH', P .. 'wake', table.concat(queues, '\n')) end
end
