--- announce(id, state, text): tells Celery's result store how a task ended that no worker finished; with the state '' the text is the whole result.
--- The mark that says whose result it is comes first (wire/result.ts).
--- @include in-backend
local result_expires = ARGV[#ARGV - 2]
local kinds = {
  cancelled = { 'REVOKED', 'TaskRevokedError', 'celery.exceptions' },
  expired = { 'REVOKED', 'TaskRevokedError', 'celery.exceptions' },
  failed = { 'FAILURE', 'WorkerLostError', 'billiard.exceptions' },
}
local function announce(id, state, text)
  local meta = text
  if state ~= '' then
    local kind = kinds[state]
    meta = '{"cortado":true,"status":"' .. kind[1] .. '","result":{"exc_type":"' .. kind[2] .. '","exc_message":[' .. cjson.encode(text)
      .. '],"exc_module":"' .. kind[3] .. '"},"traceback":null,"children":[],"date_done":null,"task_id":' .. cjson.encode(id) .. '}'
  end
  local name = G .. 'celery-task-meta-' .. id
  in_backend(function()
    call('SET', name, meta, 'PX', result_expires)
    call('PUBLISH', name, meta)
  end)
end
