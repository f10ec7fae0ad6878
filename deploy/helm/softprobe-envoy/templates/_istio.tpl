{{/* The same filter as patches for Istio's proxy: its parts are taken out of the configuration of an Envoy of our own. */}}

{{/* The connection manager of one of our listeners. */}}
{{- define "envoy.manager" -}}
{{- $config := include "envoy.configuration" .root | fromYaml -}}
{{- $listener := index $config.static_resources.listeners (eq .direction "inbound" | ternary 0 1) -}}
{{ (index (index $listener.filter_chains 0).filters 0).typed_config | toYaml }}
{{- end }}

{{/* Where Istio keeps the routes, a request says by its metadata that it wants the gate. */}}
{{- define "envoy.gateByMetadata" -}}
filter_enabled_metadata:
  filter: softprobe.gate
  path: [{key: wanted}]
  value: {bool_match: true}
{{- end }}

{{- define "envoy.wantsGate" -}}
name: softprobe.wants_gate
typed_config:
  "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
  clear_route_cache: false
  default_source_code:
    inline_string: |
      {{- .Files.Get "files/lua/gate.lua" | nindent 6 }}
{{- end }}

{{/* Takes (dict "root" … "direction" …). */}}
{{- define "envoy.sidePatches" -}}
{{- $context := eq .direction "inbound" | ternary "SIDECAR_INBOUND" "SIDECAR_OUTBOUND" -}}
{{- $manager := include "envoy.manager" . | fromYaml -}}
{{- $hcm := "envoy.filters.network.http_connection_manager" -}}
{{- $filters := list (include "envoy.wantsGate" .root | fromYaml) -}}
{{- range $manager.http_filters -}}
{{- if eq .name "softprobe.gate" -}}
{{- $gate := merge (include "envoy.gateByMetadata" $.root | fromYaml) .typed_config -}}
{{- $filters = append $filters (dict "name" .name "typed_config" $gate) -}}
{{- else if eq .name "softprobe.lua" -}}
{{- $filters = append $filters . -}}
{{- end -}}
{{- end -}}
- applyTo: LISTENER
  match: {context: {{ $context }}}
  patch:
    operation: MERGE
    value: {per_connection_buffer_limit_bytes: {{ (include "envoy.limits" .root | fromYaml).buffer_limit }}}
- applyTo: NETWORK_FILTER
  match:
    context: {{ $context }}
    listener: {filterChain: {filter: {name: {{ $hcm }}}}}
  patch:
    operation: MERGE
    value:
      typed_config:
        "@type": {{ get $manager "@type" }}
        local_reply_config: {{- toYaml $manager.local_reply_config | nindent 10 }}
- applyTo: ROUTE_CONFIGURATION
  match: {context: {{ $context }}}
  patch:
    operation: MERGE
    value: {response_headers_to_remove: [x-softprobe-unanswered]}
{{- range $filters }}
- applyTo: HTTP_FILTER
  match:
    context: {{ $context }}
    listener: {filterChain: {filter: {name: {{ $hcm }}, subFilter: {name: envoy.filters.http.router}}}}
  patch:
    operation: INSERT_BEFORE
    value: {{- toYaml . | nindent 6 }}
{{- end }}
{{- end }}

{{/* The helper listens on the loopback interface: an internal listener would need Envoy's own start to know of it. */}}
{{- define "envoy.sharedPatches" -}}
{{- $config := include "envoy.configuration" . | fromYaml -}}
{{- $host := include "envoy.host" .Values.istio.helper -}}
{{- $port := include "envoy.port" .Values.istio.helper | int -}}
{{- $address := dict "socket_address" (dict "address" $host "port_value" $port) -}}
{{- range $config.static_resources.listeners -}}
{{- if eq (get . "name" | default "") "softprobe_helper" }}
- applyTo: LISTENER
  patch:
    operation: ADD
    value: {{- merge (dict "address" $address) (omit . "internal_listener") | toYaml | nindent 6 }}
{{- end }}
{{- end }}
{{- range $config.static_resources.clusters -}}
{{- if eq .name "softprobe_runtime" }}
- applyTo: CLUSTER
  patch:
    operation: ADD
    value: {{- toYaml . | nindent 6 }}
{{- else if eq .name "softprobe_helper" }}
- applyTo: CLUSTER
  patch:
    operation: ADD
    value:
      {{- omit . "load_assignment" | toYaml | nindent 6 }}
      type: STATIC
      load_assignment:
        cluster_name: softprobe_helper
        endpoints:
          - lb_endpoints:
              - endpoint: {address: {{ $address | toJson }}}
{{- end }}
{{- end }}
{{- end }}
