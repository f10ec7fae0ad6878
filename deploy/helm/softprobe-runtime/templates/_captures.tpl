{{/* Where captures go, and who the pods are to the cloud that keeps them. */}}

{{- define "softprobe.capturesPath" -}}
{{- with .Values.captures -}}
{{- $key := empty .prefix | ternary .name (printf "%s/%s" (trimAll "/" .prefix) .name) -}}
{{- if has .kind (list "volume" "ephemeral") -}}
/var/lib/softprobe/cases/{{ $key }}
{{- else -}}
{{ .kind }}://{{ .bucket }}/{{ $key }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "softprobe.claimName" -}}
{{ .Values.captures.volume.existingClaim | default (printf "%s-captures" (include "softprobe.fullname" .)) }}
{{- end }}

{{- define "softprobe.workloadIdentity" -}}
{{- with .Values.captures }}
{{- if and (eq .kind "s3") .s3.roleArn }}
eks.amazonaws.com/role-arn: {{ .s3.roleArn | quote }}
{{- else if and (eq .kind "gs") .gs.serviceAccount }}
iam.gke.io/gcp-service-account: {{ .gs.serviceAccount | quote }}
{{- else if and (eq .kind "azblob") .azblob.clientId }}
azure.workload.identity/client-id: {{ .azblob.clientId | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "softprobe.capturesConfig" -}}
{{- with .Values.captures }}
{{- if eq .kind "s3" }}
{{- with .s3.region }}
AWS_REGION: {{ . | quote }}
{{- end }}
{{- with .s3.endpoint }}
AWS_ENDPOINT_URL: {{ . | quote }}
{{- if hasPrefix "http://" . }}
AWS_ALLOW_HTTP: "true"
{{- end }}
{{- end }}
{{- else if and (eq .kind "azblob") .azblob.account }}
AZURE_STORAGE_ACCOUNT_NAME: {{ .azblob.account | quote }}
{{- end }}
{{- end }}
{{- end }}
