{{/* The configuration that deploy/envoy/render.py makes, from the same files; a test holds both to each other. */}}

{{/* The filter's settings. The token comes from the environment when Envoy starts, so that no configuration holds it. */}}
{{- define "envoy.settings" -}}
{{- $v := .root.Values -}}
local token = os.getenv("SOFTPROBE_PROXY_TOKEN") or ""
return {
  direction = {{ .direction | quote }},
  service = {{ $v.service | quote }},
  runtime = {{ $v.runtime.address | quote }},
  body_limit = {{ int $v.bodyLimit }},
  fail_open = {{ eq $v.onFailure "open" }},
  inject_timeout_ms = {{ int $v.injectTimeoutMs }},
  upload_timeout_ms = {{ int $v.uploadTimeoutMs }},
  authorization = token ~= "" and "Bearer " .. token or nil,
}
{{- end }}

{{- define "envoy.module" -}}
package.preload["softprobe.{{ .name }}"] = function(...)
{{ .source | trimSuffix "\n" }}
end
{{ end }}

{{/* The whole filter as one script: its modules, its settings, itself. */}}
{{- define "envoy.script" -}}
{{- $files := .root.Files -}}
{{- range $name := list "utf8" "base64" "json" "trace_context" "otlp" }}
{{- include "envoy.module" (dict "name" $name "source" ($files.Get (printf "files/lua/%s.lua" $name))) }}
{{ end }}
{{- include "envoy.module" (dict "name" "settings" "source" (include "envoy.settings" .)) }}
{{ $files.Get "files/lua/filter.lua" }}
{{- end }}

{{- define "envoy.limits" -}}
over_limit: {{ add (int .Values.bodyLimit) 1 }}
buffer_limit: {{ add (int .Values.bodyLimit) 262144 }}
upload_limit: {{ add (mul (int .Values.bodyLimit) 12) 1048576 }}
{{- end }}

{{/* Takes (dict "text" … "values" …) and fills the placeholders in. */}}
{{- define "envoy.filled" -}}
{{- $text := .text -}}
{{- range $name, $value := .values }}{{ $text = replace (printf "${%s}" $name) (toString $value) $text }}{{ end -}}
{{ $text }}
{{- end }}

{{/* Calls that name the listener itself as their upstream. */}}
{{- define "envoy.itself" -}}
{{- $port := include "envoy.port" .Values.outbound -}}
{{- $hosts := list (.Values.outbound | quote) -}}
{{- range list "127.0.0.1" "localhost" "[::1]" }}{{ $hosts = append $hosts (printf "%s:%s" . $port | quote) }}{{ end -}}
{{ include "envoy.filled" (dict "text" (.Files.Get "files/templates/itself.yaml") "values" (dict "domains" (join ", " ($hosts | uniq)))) }}
{{- end }}

{{- define "envoy.listener" -}}
{{- $where := .direction | get .root.Values -}}
{{- $outbound := eq .direction "outbound" -}}
{{- $values := include "envoy.limits" .root | fromYaml -}}
{{- $values = merge $values (dict
  "direction" .direction
  "host" (include "envoy.host" $where)
  "port" (include "envoy.port" $where)
  "cluster" ($outbound | ternary "any_upstream" "app")
  "forwarding" ($outbound | ternary (.root.Files.Get "files/templates/dynamic_forward_proxy.yaml" | trimSuffix "\n") "")
  "itself" ($outbound | ternary (include "envoy.itself" .root) "")) -}}
{{- $text := include "envoy.filled" (dict "text" (.root.Files.Get "files/templates/listener.yaml") "values" $values) -}}
{{ $text | replace "${lua}" (include "envoy.script" . | indent 18) | trimSuffix "\n" }}
{{- end }}

{{- define "envoy.admin" -}}
{{- with .Values.admin -}}
admin: {address: {socket_address: {address: '{{ include "envoy.host" . }}', port_value: {{ include "envoy.port" . }}}}}
{{- end -}}
{{- end }}

{{- define "envoy.configuration" -}}
{{- $v := .Values -}}
{{- $values := include "envoy.limits" . | fromYaml -}}
{{- $values = merge $values (dict
  "admin" (include "envoy.admin" .)
  "upload_retries" "5"
  "app_host" (include "envoy.host" $v.app | quote)
  "app_port" (include "envoy.port" $v.app)
  "runtime_host" (include "envoy.host" $v.runtime.address | quote)
  "runtime_port" (include "envoy.port" $v.runtime.address)) -}}
{{- $text := include "envoy.filled" (dict "text" (.Files.Get "files/templates/bootstrap.yaml") "values" $values) -}}
{{- range $direction := list "inbound" "outbound" }}
{{- $text = replace (printf "${%s}" $direction) (include "envoy.listener" (dict "root" $ "direction" $direction)) $text }}
{{- end -}}
{{ $text }}
{{- end }}
